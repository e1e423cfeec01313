"""People screens; mounted at /desk/people/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.people, name="people"),
    path("invite/", views.invite, name="people_invite"),
    path("<int:pk>/", views.person, name="person"),
    path("<int:pk>/role/", views.change_role, name="person_role"),
    path("<int:pk>/disable/", views.disable, name="person_disable"),
    path("<int:pk>/enable/", views.enable, name="person_enable"),
    path("<int:pk>/link/", views.new_link, name="person_link"),
    path("<int:pk>/reset/", views.request_reset, name="person_reset"),
    path("<int:pk>/reset/approve/", views.approve_reset, name="person_reset_approve"),
]

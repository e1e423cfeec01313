"""The helpline's desk; mounted at /desk/."""

from django.urls import path, register_converter

from insurance.converters import PublicIdConverter
from insurance.views import board, newcall, payercall, public, queue, request, resolve

register_converter(PublicIdConverter, "public_id")

ONE = "<public_id:public_id>/"

# The caller's own pages, in every language of the site.
pages = [
    path("verify/", public.verify, name="verify"),
    path("verify/send/", public.send, name="verify_send"),
    path("verify/<slug:slug>/", public.verify_step, name="verify_step"),
    path("status/", public.status, name="status"),
]

urlpatterns = [
    path("", queue.home, name="desk"),
    path("rows/", queue.rows, name="desk_rows"),
    path("next/", queue.take_next, name="desk_next"),
    path("search/", queue.search, name="desk_search"),
    path("undo/", request.undo, name="desk_undo"),
    path("new/", newcall.new_call, name="desk_new"),
    path("new/draft/", newcall.save_draft, name="desk_draft"),
    path("new/choose/", newcall.choose, name="desk_choose"),
    path("new/send/", newcall.send_call, name="desk_send"),
    path("new/<uuid:uid>/discard/", newcall.discard_draft, name="desk_discard"),
    path("board/", board.page, name="desk_board"),
    path("board/export/", board.export, name="desk_board_export"),
    path("reviews/", payercall.reviews, name="desk_reviews"),
    path("reviews/<int:pk>/", payercall.review, name="desk_review"),
    path("reviews/<int:pk>/decide/", payercall.decide, name="desk_review_decide"),
    path(ONE, request.request_page, name="verification"),
    path(ONE + "fresh/", request.fresh_answer, name="verification_fresh"),
    path(ONE + "take/", request.take, name="verification_take"),
    path(ONE + "release/", request.release, name="verification_release"),
    path(ONE + "hand-over/", request.hand_over, name="verification_hand_over"),
    path(ONE + "snooze/", request.snooze, name="verification_snooze"),
    path(ONE + "close/", request.close, name="verification_close"),
    path(ONE + "reopen/", request.reopen, name="verification_reopen"),
    path(ONE + "cancel/", request.cancel, name="verification_cancel"),
    path(ONE + "revoke/", request.revoke_consent, name="verification_revoke"),
    path(ONE + "note/", request.add_note, name="verification_note"),
    path(ONE + "reveal/", request.reveal, name="verification_reveal"),
    path(ONE + "raw/", request.raw_answer, name="verification_raw"),
    path(ONE + "sheet/", request.sheet, name="verification_sheet"),
    path(ONE + "link/", request.status_link, name="verification_link"),
    path(ONE + "details/", resolve.details, name="verification_details"),
    path(ONE + "plan/", resolve.plan, name="verification_plan"),
    path(ONE + "decide/", resolve.decide, name="verification_decide"),
    path(ONE + "again/", resolve.again, name="verification_again"),
    path(ONE + "call/", payercall.call_page, name="payer_call"),
    path(ONE + "call/start/", payercall.start, name="payer_call_start"),
    path(ONE + "call/keep/", payercall.keep, name="payer_call_keep"),
    path(ONE + "call/finish/", payercall.finish, name="payer_call_finish"),
    path(ONE + "call/break/", payercall.break_off, name="payer_call_break"),
]

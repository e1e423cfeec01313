"""The tags every page may use, and the pages for what goes wrong."""

import pytest
from django.template import Context, Template


def render(text, **context):
    return Template("{% load site %}" + text).render(Context(context))


def test_an_icon_is_decoration_unless_it_has_words():
    assert 'aria-hidden="true"' in render('{% icon "phone" %}')
    assert 'role="img" aria-label="Call &lt;us&gt;"' in render('{% icon "phone" words %}', words="Call <us>")


@pytest.mark.parametrize(
    ("icon", "line"),
    [("check", "M20 6L9 17l-5-5"), ("chevron-down", "M6 9l6 6 6-6"), ("x", "M18 6L6 18M6 6l12 12")],
)
def test_the_lines_of_an_icon_are_one_and_begin_where_each_began(icon, line):
    assert render('{% icon "' + icon + '" %}').count(f'<path d="{line}"/>') == 1


def test_an_icon_that_does_not_exist_is_a_mistake():
    with pytest.raises(FileNotFoundError):
        render('{% icon "unicorn" %}')


@pytest.mark.parametrize(
    ("number", "link"),
    [("(800) 555-0142", "+18005550142"), ("+1 800 555 0142", "+18005550142"), ("988", "988"), ("", "")],
)
def test_a_number_becomes_a_link_that_a_phone_can_dial(number, link):
    assert render("{{ number|tel }}", number=number) == link


def test_a_figure_outside_a_guide_is_words_alone():
    assert render('{% fact "iop-hours" %}') == "9 to 19 hours"


def test_a_figure_that_is_not_in_the_table_is_a_mistake():
    with pytest.raises(KeyError):
        render('{% fact "success-rate" %}')


@pytest.mark.parametrize("name", ["403.html", "403_csrf.html", "404.html", "429.html"])
def test_error_pages_say_what_to_do_and_offer_help(name, rf):
    from django.contrib.auth.models import AnonymousUser
    from django.template.loader import render_to_string

    request = rf.get("/somewhere/")
    request.user = AnonymousUser()
    html = render_to_string(name, request=request)
    assert "<h1>" in html
    assert "1-800-662-4357" in html
    assert '<meta name="robots" content="noindex">' in html

"""The way through a long list: the pages around the one that is shown."""

from functools import lru_cache
from typing import Any

from django.core.paginator import Paginator

from programs.pills import Address


def pages_around(page: int, pages: int, address: Address) -> dict[str, Any] | None:
    """Addresses of the pages before, after and around this one, as `_pager.html` reads them; None of a single page."""
    if pages == 1:
        return None
    return {
        "previous": page_url(address, page - 1) if page > 1 else "",
        "next": page_url(address, page + 1) if page < pages else "",
        "links": [
            {
                "number": str(number),
                "url": page_url(address, number) if number not in (0, page) else "",
                "is_gap": not number,
            }
            for number in _numbers(page, pages)
        ],
    }


def page_url(address: Address, number: int) -> str:
    return address.replacing("page", str(number) if number > 1 else "")


@lru_cache(maxsize=2000)
def _numbers(page: int, pages: int) -> list[int]:
    """Pages to offer from this one; 0 is a gap."""
    numbers = Paginator(range(pages), 1).get_elided_page_range(page, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else 0 for number in numbers]

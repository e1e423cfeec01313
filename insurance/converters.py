"""Addresses carry a request's public number and nothing else of it."""


class PublicIdConverter:
    """IV-7QK4-2M9P, in capitals as we print it."""

    regex = "IV-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value

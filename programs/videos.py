"""The band of programs by video under a list: the first few, how many there are, and the way to the others."""

from dataclasses import dataclass

from programs import wording
from programs.pills import Address
from programs.search.query import Answer, Hit, Query

MOST = 5
READ = ("is_shown", "heading", "url", "not_told")  # by the template


@dataclass(frozen=True)
class Band:
    """What one search says of programs by video."""

    query: Query
    answer: Answer
    address: Address
    language: str

    @property
    def is_shown(self) -> bool:
        """Not under a list that is itself of programs by video."""
        return not self.query.video and bool(self.answer.virtual or self.not_told)

    @property
    def hits(self) -> list[Hit]:
        """The first few; which of them may treat whom needs a place."""
        return self.answer.virtual[:MOST] if self.query.place and not self.query.video else []

    @property
    def count(self) -> int:
        return self.answer.virtual_count if self.query.told else self.answer.virtual_not_told

    @property
    def heading(self) -> str:
        return wording.by_video(self.count, told=self.query.told, language=self.language)

    @property
    def url(self) -> str:
        """All of them, when the band does not show them all."""
        return self.address.replacing("video", "1") if self.count > len(self.hits) else ""

    @property
    def not_told(self) -> dict[str, str] | None:
        """ "2 more by video have not told us everything you ask for", and where to see them."""
        count = self.answer.virtual_not_told
        if not count or not self.query.told:
            return None
        return {
            "words": wording.not_told_by_video(count, self.language),
            "url": f"{self.address.replacing('video', '1')}&not_told=1",
        }

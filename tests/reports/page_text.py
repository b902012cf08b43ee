"""What a person reads on a page of a report."""

from html.parser import HTMLParser


class Text(HTMLParser):
    """What a person can read, and which elements there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.styled = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element's name, and whether it has a style or a handler of its own."""
        self.tags.add(tag)
        self.styled |= any(name == "style" or name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.words.append(data)


def text(page: str) -> str:
    """Return everything that a person can read, on one line."""
    body = page[page.index("<body>") :]
    return " ".join(" ".join(Text(body).words).replace("\N{NO-BREAK SPACE}", " ").split())

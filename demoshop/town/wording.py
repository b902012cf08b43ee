"""What people write: generated from the grammar in `words/`, then roughened as people do.

`python -m demoshop.town.wording --seed N --count K` prints K JSON lines {"text", "kind"} with
kind payment | autopay | gift_card | chatter (half of them chatter), to measure a classifier on.
"""

import argparse
import json
import sys
from random import Random

from demoshop.town.decisions import Kind, generator
from demoshop.town.grammar import expand, rules

VAGUE_SHARE = 0.07  # complaints that do not name the problem
TYPO_SHARE = 0.3
EMOJI_SHARE = 0.35
CAPITAL_SHARE = 0.45
EXTRA_TAG_SHARE = 0.3
ADDRESS_SHARE = {"happy": 0.12}  # posts that begin with the shop's handle; others: 0.3
SHOUT_SHARE = {"angry": 0.12, "happy": 0.04}
SHORTEST_TYPO = 4  # letters; shorter words come out right
TWO_LINES_SHARE = 0.3  # hashtags below the text, where there are several
CHATTER_SHARE = 0.5  # of a sample
LONGEST = 480  # a Mastodon post holds 500 characters

TONES = {"angry": 7, "resigned": 6, "polite": 4, "ironic": 3}  # weights
EMOJI = {
    "angry": ("😡", "🤬", "🙄", "👎", "😤", "🤦"),
    "resigned": ("😞", "😭", "🤷", "😅", "🫠", "🥲"),
    "ironic": ("🙃", "👏", "😂", "😅", "🎉", "🫠"),
    "polite": ("🙏", "🙂", "🤔", "😬", "😅"),
    "happy": ("😍", "🏕️", "🥾", "😂", "🎉", "🙏", "😅", "🙃", "🤷", "😭", "👏", "🥲"),
}
ENDINGS = {
    "angry": ("!", "!!", "!!!", ".", "", "?!"),
    "resigned": ("...", ".", "", ""),
    "ironic": (".", "", "...", "!"),
    "polite": (".", "", "", "!"),
    "happy": ("!", "!!", ".", "", "", "..."),
}


def text_of(seed: int, kind: str, index: int) -> str:
    """Return the post of one customer, or of one chatterer: the same for the same arguments."""
    dice = generator(seed, kind, index, "wording")
    tone = "happy" if kind == Kind.CHATTER else dice.choices(list(TONES), list(TONES.values()))[0]
    book = dict(rules(kind))
    if tone != "happy":
        book["tail"] = book[f"tail_{tone}"]
    vague = tone != "happy" and dice.random() < VAGUE_SHARE
    said = _ended(expand(book, "vague" if vague else "post", dice), tone, dice)
    said = _roughened(said, tone, dice)
    if "@fernhill" not in said and dice.random() < ADDRESS_SHARE.get(tone, 0.3):
        said = f"@fernhill {said}"
    return _tagged(said, book["tags"], tone, dice)


def _ended(text: str, tone: str, dice: Random) -> str:
    """Give the last sentence an ending of its tone, unless it has one."""
    text = text.replace("?,", "?").replace("?.", "?")
    if text.endswith(("?", "!", "'")):
        return text
    return text.rstrip(".") + dice.choice(ENDINGS[tone])


def _roughened(text: str, tone: str, dice: Random) -> str:
    """Capitals, shouting, typos: never inside a handle or a hashtag."""
    if dice.random() < CAPITAL_SHARE:
        text = text[0].upper() + text[1:]
    words = text.split(" ")
    if dice.random() < SHOUT_SHARE.get(tone, 0.0):
        words = [word if word[0] in "@#" else word.upper() for word in words]
    elif dice.random() < TYPO_SHARE:
        for _ in range(dice.randint(1, 2)):
            at = dice.randrange(len(words))
            words[at] = _typo(words[at], dice)
    return " ".join(words)


def _typo(word: str, dice: Random) -> str:
    """Return the word as hurried thumbs leave it."""
    if (
        not word.replace("'", "").isalpha()
        or len(word) < SHORTEST_TYPO
        or "fernhill" in word.lower()
    ):
        return word
    at = dice.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    dropped = word[:at] + word[at + 1 :]
    doubled = word[:at] + word[at] + word[at:]
    return dice.choice((swapped, dropped, doubled, word.replace("'", "")))


def _tagged(text: str, tags: object, tone: str, dice: Random) -> str:
    """Add emoji and hashtags; everything carries #fernhill once."""
    if dice.random() < EMOJI_SHARE:
        text += " " + dice.choice(EMOJI[tone]) * dice.choice((1, 1, 1, 2, 3))
    extra = []
    if isinstance(tags, list) and dice.random() < EXTRA_TAG_SHARE:
        extra = dice.sample(tags, dice.choice((1, 1, 2)))
    if "#fernhill" not in text:
        extra.insert(dice.randint(0, len(extra)), "fernhill")
    glue = "\n" if len(extra) > 1 and dice.random() < TWO_LINES_SHARE else " "
    marked = " ".join(f"#{tag}" for tag in extra)
    return (text[:LONGEST] + (glue + marked if marked else "")).strip()


def sample(seed: int, count: int) -> list[tuple[str, str]]:
    """Return `count` pairs (text, kind): half chatter, the rest spread over three situations."""
    dice = generator(seed, "sample", 0)
    trouble = [Kind.PAYMENT, Kind.AUTOPAY, Kind.GIFT_CARD]
    kinds = [
        Kind.CHATTER if dice.random() < CHATTER_SHARE else dice.choice(trouble)
        for _ in range(count)
    ]
    return [(text_of(seed, kind, index), kind.value) for index, kind in enumerate(kinds)]


def main() -> int:
    """Print the sample as JSON lines."""
    parser = argparse.ArgumentParser(prog="python -m demoshop.town.wording", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    asked = parser.parse_args()
    for text, kind in sample(asked.seed, asked.count):
        sys.stdout.write(json.dumps({"text": text, "kind": kind}, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

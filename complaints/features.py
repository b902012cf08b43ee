"""From a post to the features that the classifier weighs; used at run time and in training.

Plain Python, one pass, no word of a post kept. Handles, links, mails and long numbers are
masked or left out, in training as at run time, so that both look alike.
"""

import re
from itertools import pairwise

from complaints.lexicon import group_of
from complaints.roles import roles

MAX_CHARS = 1_000  # a hostile post of a megabyte costs no more than a long one

_LINK = re.compile(r"https?://\S+|www\.\S+")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{1,32}")
_HANDLE = re.compile(r"@\w+(?:@[\w.-]+)?")
_LONG_NUMBER = re.compile(r"\d{4,}")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[!?]+|\.+|[^\w\s'\"#.,:;()&/-]")
_CAPS = re.compile(r"\b[A-Z]{3,}\b")
_PLAIN = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u2026": " ... "})
FACES = {
    "angry face": frozenset("😠😡🤬😤😒🙄😑🤦👎💩😩😫🤡😭😞😖"),
    "glad face": frozenset("😀😁😂🤣😊😍🥰😎🎉❤💕👍🙌👏🔥😄😃🥳✨💚🌲⛺"),
}
TROUBLE = frozenset({"failure", "not_working", "frustration", "loss", "message"})
REPEATED = TROUBLE | {
    "waiting",
    "again",
    "ask_fix",
    "unable",
    "negation",
    "unable: shop",
    "unable: loose",
}
MOST_KINDS = 7
PRAISE = frozenset({"thanks", "praise", "resolved", "glad face"})
SHORT_WORDS = 8
LONG_WORDS = 22
_APOSTROPHES = {
    "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "cant": "can't", "wont": "won't",
    "isnt": "isn't", "wasnt": "wasn't", "havent": "haven't", "hasnt": "hasn't",
    "couldnt": "couldn't", "wouldnt": "wouldn't", "shouldnt": "shouldn't",
    "im": "i'm", "ive": "i've", "youre": "you're", "whats": "what's", "arent": "aren't",
}  # fmt: skip
_GROUPS = group_of()


def mask(text: str) -> str:
    """Return `text` without handles, links, mails and numbers of four digits or more."""
    text = text[:MAX_CHARS].translate(_PLAIN)
    if "://" in text or "www." in text:
        text = _LINK.sub("httpurl", text)
    if "@" in text:
        # Handles are left out, not masked: under a shop's hashtag everyone names the shop, in
        # praise too, while in the training posts a handle marks the complaints.
        text = _HANDLE.sub(" ", _MAIL.sub("mail", text))
    return _LONG_NUMBER.sub("0000", text)


def words(masked: str) -> list[str]:
    """Return the words of a masked post in lower case; runs of ! and ? are words too."""
    lowered = _STRETCHED.sub(r"\1\1", masked.lower())
    return [_APOSTROPHES.get(word, word) for word in _WORD.findall(lowered)]


def features(text: str) -> tuple[set[str], set[str]]:
    """Return the word 1-2-grams of a post and its marks (word groups, punctuation, shape)."""
    masked = mask(text)
    cut = words(masked)
    grams = set(cut)
    grams.update(map(" ".join, pairwise(cut)))
    return grams, marks(masked, cut, grams)


def marks(masked: str, cut: list[str], grams: set[str]) -> set[str]:
    """Return what the post is like, independent of its subject."""
    found = {name for gram in grams if gram in _GROUPS for name in _GROUPS[gram]}
    found |= _shape(masked, len(cut)) | roles(cut)
    praised = not found.isdisjoint(PRAISE)
    if not found.isdisjoint(TROUBLE):
        found.add("trouble")
        # Complaints say it more than once: what failed, how, and for how long.
        kinds = len(found & REPEATED) + sum(mark.startswith("fails: ") for mark in found)
        found.add(f"trouble of {min(kinds, MOST_KINDS)} kinds")
        if "first" in found:
            found.add("my trouble")
        if not praised:
            found.add("only trouble")
    elif praised:
        found.add("only praise")
    return found


def _shape(masked: str, length: int) -> set[str]:
    """Return marks of punctuation, capitals, faces and length."""
    found = {"short" if length < SHORT_WORDS else "long" if length > LONG_WORDS else "middle"}
    if "!" in masked:
        found.add("!!" if "!!" in masked else "!")
    if "?" in masked:
        found.add("?")
    if _CAPS.search(masked):
        found.add("caps")
    if not masked.isascii():
        here = set(masked)
        found.update(name for name, faces in FACES.items() if here & faces)
    return found

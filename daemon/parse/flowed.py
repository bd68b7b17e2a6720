"""Join the soft line ends of `format=flowed` text (RFC 3676)."""

from __future__ import annotations


def unflowed(text: str, *, delete_space: bool) -> str:
    """Return the text with each paragraph on one line; `delete_space` is the DelSp parameter."""
    joined: list[list[str]] = []
    depth_above = -1
    for line in text.split("\n"):
        depth, words = _without_marks(line)
        soft = words.endswith(" ") and words != "-- "
        words = words[:-1] if soft and delete_space else words
        if depth == depth_above:
            joined[-1].append(words)
        else:
            joined.append([("> " if depth else "") * min(depth, 5) + words])
        depth_above = depth if soft else -1
    return "\n".join("".join(pieces) for pieces in joined)


def _without_marks(line: str) -> tuple[int, str]:
    """Return a line's quote depth, and its words without marks and space-stuffing."""
    words = line.lstrip(">")
    return len(line) - len(words), words.removeprefix(" ")

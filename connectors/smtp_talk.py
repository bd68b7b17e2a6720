"""What is said to a mail server before the content of a message: who writes, to whom, and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.smtp_letter import ascii_domain

if TYPE_CHECKING:
    import smtplib

    from connectors.smtp_letter import Letter

GO_AHEAD: Final = 354


class Talk:
    """The three commands of one message, in one go where the server takes that (RFC 2920).

    Each answer is heard and judged in its turn all the same. In one go it takes two journeys to the
    server and back for a message in place of four.
    """

    def __init__(self, smtp: smtplib.SMTP, letter: Letter) -> None:
        """Put the commands into words; nothing is said yet.

        Raises:
            RejectedError: the message needs an extension that the server does not have.
        """
        options = letter.options(smtp)
        recipient = letter.recipient if letter.utf8 else ascii_domain(letter.recipient)
        self._smtp = smtp
        self._commands = [
            " ".join([f"MAIL FROM:<{letter.sender}>", *options]),
            f"RCPT TO:<{recipient}>",
            "DATA",
        ]
        self._at_once = smtp.has_extn("pipelining")
        self._unheard = 0

    def answer(self) -> int:
        """Say the next command, unless it was said with the first, and return its reply code.

        Raises:
            OSError, SMTPServerDisconnected: the connection is gone.
        """
        if not self._unheard:
            said = self._commands[: None if self._at_once else 1]
            lines = "".join(f"{command}\r\n" for command in said)
            self._smtp.send(lines.encode(self._smtp.command_encoding))
            del self._commands[: len(said)]
            self._unheard = len(said)
        self._unheard -= 1
        return self._smtp.getreply()[0]

    def break_off(self) -> None:
        """Hear what is still to come, so that the connection can be used for another message.

        A server that would take a message that it has just refused gets none.

        Raises:
            OSError, SMTPServerDisconnected: the connection is gone.
        """
        while self._unheard:
            code = self.answer()
            if code == GO_AHEAD:
                self._smtp.send(b".\r\n")
                self._smtp.getreply()

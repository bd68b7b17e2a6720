"""A Maildir as `Inbox` and as `Outlet`: the default without a mail server, and for scans.

Files have no numbers, and a copied one may bear any date: nothing tells what is new but its
name. So an external id is the unique part of a file's name, which lasts when another program
moves it from `new/` to `cur/`; the caller's `known` says which were taken in earlier, and a
cursor counts what this object has handed out since. Unread mail stays unread.

A mail that a person or a scanner drops, as an .eml anywhere or a file of any name in `new/`, is
taken in once it has lain still for a second. Its id holds size and time too, so that another
mail of the same name is another message.
"""

from connectors.maildir.files import make_maildir
from connectors.maildir.inbox import MaildirInbox
from connectors.maildir.outlet import MaildirOutlet

__all__ = ["MaildirInbox", "MaildirOutlet", "make_maildir"]

"""Read by gunicorn on its own, wherever it is started from this folder.

Its own limit answers an address of more than 4 kB with a bare 414, before the site can name the field that is too
long. Half a thousand parameters are about 10 kB, a pasted text in percent signs about 30 kB.
"""

from gunicorn.http import message

message.MAX_REQUEST_LINE = limit_request_line = 64 * 1024  # bytes; it allows no setting above its constant

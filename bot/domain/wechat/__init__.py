"""Rules of the WeChat platform (公众号, server mode): accounts, windows for sending, lengths, errors."""

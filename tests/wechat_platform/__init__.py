"""A server that behaves like the platform of WeChat Official Accounts, with its customers, for tests and by hand."""

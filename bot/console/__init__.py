"""The staff console under ``/console``: server-rendered pages; what they change goes through the staff API."""

"""The one table everything is turned into, with what could not be seen. Pure."""

"""Netlists from outside: read by an allow-list, said what was changed, written anew."""

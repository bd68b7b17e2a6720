"""Migrations, oldest first; `assurance db upgrade` runs them."""

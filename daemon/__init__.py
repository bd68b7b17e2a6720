"""Casework assurance for an ombudsman's office."""

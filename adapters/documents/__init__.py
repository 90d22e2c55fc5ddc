"""Invoices as documents: for people as PDF/A-3, for machines as Cross Industry Invoice (EN 16931) inside it or alone."""

"""Tables for people and treasuries: CSV and XLSX."""

"""The central system's side of OCPP."""

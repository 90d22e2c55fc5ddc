"""What goes wrong at charging stations, and who sees to it."""

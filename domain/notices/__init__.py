"""When holders are written to about their bookings, and when not."""

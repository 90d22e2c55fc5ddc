"""Messages to holders about their bookings."""

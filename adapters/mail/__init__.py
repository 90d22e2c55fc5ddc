"""Messages to holders: their words in German and English, the calendar entry, and the file they are delivered to."""

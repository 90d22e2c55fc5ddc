"""Maps: GeoJSON (RFC 7946), in which longitude comes before latitude."""

"""Floor 1: the only HTTP client. It carries bytes, and knows neither pictures nor anyone's wire format."""

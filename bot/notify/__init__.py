"""Ways out of the house: e-mail and the dealer's own systems. Each sends one message or raises ``DeliveryFailed``."""

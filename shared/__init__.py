"""What every service builds on: values, published events, database, messaging, web. Never imports a service."""

"""From the standing facts of one educator to what a plan asks of them. The only code that reads facts."""

"""A carrier on your desk: rings tracking numbers as Twilio would, follows the TwiML, plays the recordings."""

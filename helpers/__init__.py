"""What every layer may use: records, time, money, config, journal, risk. Imports no other layer."""

package main

import (
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// toMinor reads the value of a deal as minor units.
func toMinor(amount, currency string) (int64, error) {
	minor, err := sdk.MinorUnits(amount, currency)
	switch {
	case err != nil:
		return 0, sdk.Invalid("value", err.Error())
	case strings.HasPrefix(strings.TrimSpace(amount), "-"):
		return 0, sdk.Invalid("value", "must be a number such as 49.90")
	}
	return minor, nil
}

// fromMinor writes minor units as a decimal number; what is no number stays as it is.
func fromMinor(minor, currency string) string {
	n, err := strconv.ParseInt(minor, 10, 64)
	if err != nil {
		return minor
	}
	return sdk.MajorUnits(n, currency)
}

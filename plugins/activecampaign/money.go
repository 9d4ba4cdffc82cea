package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// decimals are those of ISO 4217 where there are not two.
var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

func decimalsOf(currency string) int {
	if n, ok := decimals[strings.ToUpper(currency)]; ok {
		return n
	}
	return 2
}

// toMinor reads a decimal number as minor units, without a float between.
func toMinor(amount, currency string) (int64, error) {
	n := decimalsOf(currency)
	whole, fraction, _ := strings.Cut(strings.TrimSpace(amount), ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > n {
		return 0, sdk.Invalid("value", fmt.Sprintf("must have at most %d decimals in %s", n, strings.ToUpper(currency)))
	}
	minor, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", n-len(fraction)), 10, 63)
	if err != nil || whole == "" {
		return 0, sdk.Invalid("value", "must be a number such as 49.90")
	}
	return int64(minor), nil
}

// fromMinor writes minor units as a decimal number; what is no number stays as it is.
func fromMinor(minor, currency string) string {
	n := decimalsOf(currency)
	if _, err := strconv.ParseUint(minor, 10, 63); err != nil || n == 0 {
		return minor
	}
	if len(minor) <= n {
		minor = strings.Repeat("0", n+1-len(minor)) + minor
	}
	return minor[:len(minor)-n] + "." + minor[len(minor)-n:]
}

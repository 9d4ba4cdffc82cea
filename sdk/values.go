package sdk

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// E164 writes a phone number the one way: a plus, the country code and the rest, digits only, such as +393471234567. Blanks, dashes,
// dots, slashes and brackets are left out, and a leading 00 is a plus. A number without its country code is refused: which
// country a provider means, only the connector knows, and it must not be guessed.
func E164(phone string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0-./()", r) {
			return -1
		}
		return r
	}, phone)
	if rest, ok := strings.CutPrefix(digits, "00"); ok {
		digits = "+" + rest
	}
	rest, ok := strings.CutPrefix(digits, "+")
	if !ok {
		return "", errors.New("must begin with + and the country code")
	}
	if len(rest) < 7 || len(rest) > 15 || rest[0] == '0' || strings.Trim(rest, "0123456789") != "" {
		return "", errors.New("is not a phone number with its country code, such as +39 347 1234567")
	}
	return digits, nil
}

// unusual are the decimals of currencies in ISO 4217 that do not have two.
var unusual = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// MinorUnits reads a sum of money such as "49.90" as a number of the currency's smallest units: 4990 cents of EUR, 4990 of JPY
// for "4990", 49900 of KWD for "49.900". The currency is an ISO 4217 code in either case; one that is unknown has two decimals. No float
// stands between, so nothing is rounded: a decimal too many is an error, as is anything but a number with a point.
func MinorUnits(amount, currency string) (int64, error) {
	n, err := Scaled(amount, decimals(currency))
	if err != nil && strings.Contains(err.Error(), "decimals") {
		err = fmt.Errorf("%w in %s", err, strings.ToUpper(currency))
	}
	return n, err
}

// MajorUnits writes a number of a currency's smallest units as a sum: "49.90" of 4990 cents of EUR, "4990" of 4990 JPY.
func MajorUnits(minor int64, currency string) string {
	n := decimals(currency)
	text, sign := strconv.FormatInt(minor, 10), ""
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		text, sign = rest, "-"
	}
	if n == 0 {
		return sign + text
	}
	text = strings.Repeat("0", max(0, n+1-len(text))) + text
	return sign + text[:len(text)-n] + "." + text[len(text)-n:]
}

// Scaled reads a decimal number as an integer with so many decimals: 49900 of "49.90" with 3. Zeros at its end do not count as
// decimals. The error says what is wrong with the number, for Invalid.
func Scaled(number string, decimals int) (int64, error) {
	whole, fraction, _ := strings.Cut(strings.TrimSpace(number), ".")
	if fraction = strings.TrimRight(fraction, "0"); len(fraction) > decimals {
		return 0, fmt.Errorf("must have at most %d decimals", decimals)
	}
	digits := strings.TrimPrefix(whole, "-")
	if digits == "" || strings.Trim(digits+fraction, "0123456789") != "" {
		return 0, errors.New("must be a number such as 49.90")
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 64)
	if err != nil {
		return 0, errors.New("is too large")
	}
	return n, nil
}

func decimals(currency string) int {
	if n, ok := unusual[strings.ToUpper(currency)]; ok {
		return n
	}
	return 2
}

// layouts are those of providers that write no RFC 3339.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly, time.RFC1123Z, time.RFC1123,
}

// ParseTime reads a provider's time. One that says its offset keeps it; one that does not is of zone, such as the account's; a date is its
// midnight there. An empty text and 0000-00-00 are the zero time: the provider does not say. A nil zone is UTC.
func ParseTime(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasPrefix(text, "0000-00-00") {
		return time.Time{}, nil
	}
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time such as 2026-01-31T09:00:00Z", text)
}

package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/parcel"
)

// checks are the named rules of the check tag. What they return is the remedy, and never repeats the value: it may be
// a secret.
var checks = map[string]func(string) error{
	"":         func(string) error { return nil },
	"required": required,
	"address":  address,
	"address?": optional(address),
	"age":      age,
	"url":      webURL,
	"database": database,
	"redis":    redis,
	"prefixes": prefixes,

	"publishers": publishers,
	"smtp":       smtp,
}

// check judges a text by a rule: a name in checks, a range such as 0s..1m, or the allowed words, as text|json.
func check(rule, text string) error {
	if named, ok := checks[rule]; ok {
		return named(text)
	}
	if low, high, ok := strings.Cut(rule, ".."); ok {
		return within(text, low, high)
	}
	words := strings.Split(rule, "|")
	if !slices.Contains(words, text) {
		return fmt.Errorf("must be one of: %s", strings.Join(words, ", "))
	}
	return nil
}

func required(text string) error {
	if text == "" {
		return errors.New("must not be empty")
	}
	return nil
}

func address(text string) error {
	_, port, err := net.SplitHostPort(text)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		return errors.New("must be a host and a port, such as 127.0.0.1:8080")
	}
	return nil
}

// age is how long something is kept. A week is the least, because copies of an event are recognised by what is kept of
// the first.
func age(text string) error {
	if d, err := time.ParseDuration(text); err != nil || d != 0 && d < 7*24*time.Hour {
		return errors.New("must be 0 or a duration of at least 168h")
	}
	return nil
}

// optional lets a setting be empty.
func optional(check func(string) error) func(string) error {
	return func(text string) error {
		if text == "" {
			return nil
		}
		return check(text)
	}
}

func webURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("must be a URL without query, such as https://cordboard.example.com")
	}
	return nil
}

func publishers(text string) error {
	for key := range strings.SplitSeq(text, ",") {
		if key = strings.TrimSpace(key); key != "" && parcel.CheckPublisher(key) != nil {
			return errors.New("must be public keys with commas between them, as cordboard connector key prints them")
		}
	}
	return nil
}

func database(text string) error {
	switch scheme, rest, _ := strings.Cut(text, ":"); scheme {
	case "":
		return nil
	case "sqlite":
		if rest != "" {
			return nil
		}
	case "postgres", "postgresql":
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			return nil
		}
	}
	return errors.New("must be postgres://user:password@host:5432/name or sqlite:PATH")
}

func redis(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Host == "" {
		return errors.New("must be redis://host:6379 or rediss://user:password@host:6379/0")
	}
	return nil
}

func smtp(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
		return errors.New("must be smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	return nil
}

func prefixes(text string) error {
	for _, part := range list(text) {
		if _, err := netip.ParsePrefix(part); err != nil {
			return errors.New("must be CIDR prefixes with commas between them, such as 10.20.0.0/16,127.0.0.1/32")
		}
	}
	return nil
}

// within compares durations or whole numbers, whatever the bounds are.
func within(text, low, high string) error {
	if _, err := strconv.Atoi(low); err == nil {
		return between(text, low, high, strconv.Atoi, "a whole number")
	}
	return between(text, low, high, time.ParseDuration, "a duration")
}

func between[T cmp.Ordered](text, low, high string, parse func(string) (T, error), kind string) error {
	least, _ := parse(low)
	most, _ := parse(high)
	v, err := parse(text)
	if err != nil || v < least || v > most {
		return fmt.Errorf("must be %s from %s to %s", kind, low, high)
	}
	return nil
}

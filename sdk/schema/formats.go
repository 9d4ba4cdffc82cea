package schema

import (
	"net/mail"
	"net/url"
	"regexp"
	"strings"
)

type format struct {
	ok     func(string) bool
	remedy string
}

var (
	slug     = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$`)
	hostname = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
	phone    = regexp.MustCompile(`^\+?[0-9 ()./-]*$`)
)

// formats are the words that a rule may use for the shape of a string.
var formats = map[string]format{
	"email":    {isEmail, "must be an e-mail address such as name@example.com"},
	"phone":    {isPhone, "must be a phone number such as +34600123456"},
	"url":      {isURL, "must be an address that begins with https:// or http://"},
	"slug":     {slug.MatchString, "must be of lower-case letters, digits, - and _"},
	"hostname": {func(s string) bool { return len(s) <= 253 && hostname.MatchString(s) }, "must be a host name such as shop.example.com"},
	"digits":   {digits.MatchString, "must be of digits only"},
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

func isPhone(s string) bool {
	n := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n >= 5 && n <= 15 && phone.MatchString(s)
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && !strings.ContainsAny(s, " \t\r\n")
}

package conversation

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// Phone returns a phone number in E.164, or nothing when it is not a possible number. region (ISO 3166, such as
// "ES") is assumed for numbers without a country code; empty accepts only numbers with one.
func Phone(raw, region string) string {
	if region == "" {
		region = phonenumbers.UNKNOWN_REGION
	}
	n, err := phonenumbers.Parse(raw, region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// Email returns an e-mail address in lower case, or nothing when it is none.
func Email(raw string) string {
	s := strings.ToLower(strings.TrimSpace(raw))
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || strings.ContainsAny(s, " \t\r\n") {
		return ""
	}
	return s
}

// Person is how a contact is to be recognised, with what is known of them, in normal form.
type Person struct {
	Identities []Identity
	Phone      string
	Email      string
	Name       string
}

// Recognise puts what a provider or a flow says of a person into normal form. Identities stand in the order of
// their worth: the provider's own key, the phone number, the provider's other key, the e-mail address. None are left when
// nothing usable was said.
func Recognise(c protocol.Contact, connectionID, region string) Person {
	p := Person{Phone: Phone(c.Phone, region), Email: Email(c.Email), Name: strings.TrimSpace(c.Name)}
	if c.ExternalID != "" && connectionID != "" {
		p.Identities = append(p.Identities, Identity{Kind: ExternalIdentity, Scope: connectionID, Value: c.ExternalID})
	}
	if p.Phone != "" {
		p.Identities = append(p.Identities, Identity{Kind: PhoneIdentity, Value: p.Phone})
	}
	if c.OtherID != "" && c.OtherID != c.ExternalID && connectionID != "" {
		p.Identities = append(p.Identities, Identity{Kind: ExternalIdentity, Scope: connectionID, Value: c.OtherID})
	}
	if p.Email != "" {
		p.Identities = append(p.Identities, Identity{Kind: EmailIdentity, Value: p.Email})
	}
	return p
}

// Equal reports whether two persons are told of in the same words.
func (p Person) Equal(o Person) bool {
	return p.Phone == o.Phone && p.Email == o.Email && p.Name == o.Name && slices.Equal(p.Identities, o.Identities)
}

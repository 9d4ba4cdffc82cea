package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// Contact is a contact as ActiveCampaign has it now.
type Contact struct {
	ID        string `json:"id" label:"Contact id"`
	Email     string `json:"email" label:"E-mail" help:"Empty for contacts with a phone number only."`
	FirstName string `json:"first_name" label:"First name"`
	LastName  string `json:"last_name" label:"Last name"`
	Phone     string `json:"phone" label:"Phone"`
	CreatedAt string `json:"created_at" label:"Created"`
	UpdatedAt string `json:"updated_at" label:"Updated"`
}

// contactRow is a contact as the API reads it. Its field values are ids, which are of no use here.
type contactRow struct {
	ID        id     `json:"id"`
	Email     string `json:"email"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Phone     string `json:"phone"`
	CreatedAt string `json:"cdate"`
	UpdatedAt string `json:"udate"`
}

func (r contactRow) contact() Contact {
	return Contact{
		ID: string(r.ID), Email: r.Email, FirstName: r.FirstName, LastName: r.LastName, Phone: r.Phone, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// Search says who is looked for.
type Search struct {
	Email string `json:"email" label:"E-mail" help:"Asked first." rule:"email"`
	Phone string `json:"phone" label:"Phone" help:"Asked when the e-mail finds nobody." rule:"phone"`
}

// Found is the contact, if there is one.
type Found struct {
	Found   bool     `json:"found" label:"Found"`
	Contact *Contact `json:"contact" label:"Contact" help:"Null when there is none."`
}

var findContactAction = sdk.Action[Search, Found]{
	Name: "find_contact", Title: "Find a contact", Summary: "Looks for a contact by e-mail, then by phone.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in Search) (Found, error) {
		if in.Email == "" && in.Phone == "" {
			return Found{}, sdk.Invalid("email", "or phone must be filled in")
		}
		row, err := findRow(ctx, call, "email", in.Email, strings.EqualFold)
		if err == nil && row == nil {
			row, err = findRow(ctx, call, "phone", compact(in.Phone), samePhone)
		}
		if err != nil || row == nil {
			return Found{}, err
		}
		contact := row.contact()
		return Found{Found: true, Contact: &contact}, nil
	},
}

// findRow returns the contact whose field is exactly the value, or nil. The filter may be wider than asked.
func findRow(ctx context.Context, call *sdk.Call, filter, value string, same func(have, want string) bool) (*contactRow, error) {
	if value == "" {
		return nil, nil
	}
	var answer struct {
		Contacts []contactRow `json:"contacts"`
	}
	if err := do(ctx, call, http.MethodGet, "/contacts?"+url.Values{filter: {value}, "limit": {"100"}}.Encode(), nil, &answer); err != nil {
		return nil, err
	}
	for _, row := range answer.Contacts {
		have := row.Email
		if filter == "phone" {
			have = row.Phone
		}
		if same(have, value) {
			return &row, nil
		}
	}
	return nil, nil
}

// compact leaves what a phone number is kept as: digits, and a plus in front.
func compact(phone string) string {
	return strings.Map(func(r rune) rune {
		if r != '+' && (r < '0' || r > '9') {
			return -1
		}
		return r
	}, phone)
}

func samePhone(have, want string) bool { return compact(have) == compact(want) }

// Ref names a contact.
type Ref struct {
	ContactID string `json:"contact_id" label:"Contact id" rule:"required,digits"`
}

// Whole is a contact with what belongs to it.
type Whole struct {
	Contact
	Tags   []string          `json:"tags" label:"Tags"`
	Lists  []Membership      `json:"lists" label:"Lists"`
	Fields map[string]string `json:"fields" label:"Custom fields" help:"Those filled in, by the number of the field."`
}

// Membership is a contact's place on a list.
type Membership struct {
	ListID string `json:"list_id" label:"List id"`
	Status string `json:"status" label:"Status" help:"unconfirmed, subscribed, unsubscribed or bounced."`
}

// statuses are the words for a membership's status.
var statuses = map[id]string{"0": "unconfirmed", "1": "subscribed", "2": "unsubscribed", "3": "bounced"}

// reading is the answer to a contact's number, with what comes along.
type reading struct {
	Contact contactRow `json:"contact"`
	Lists   []struct {
		List   id `json:"list"`
		Status id `json:"status"`
	} `json:"contactLists"`
	Values []struct {
		Field id      `json:"field"`
		Value *string `json:"value"`
	} `json:"fieldValues"`
}

func (r reading) memberships() []Membership {
	lists := make([]Membership, len(r.Lists))
	for i, l := range r.Lists {
		lists[i] = Membership{ListID: string(l.List), Status: statuses[l.Status]}
	}
	return lists
}

// readContact reads a contact; nil when there is none of this number.
func readContact(ctx context.Context, call *sdk.Call, number string) (*reading, error) {
	var answer reading
	err := do(ctx, call, http.MethodGet, "/contacts/"+url.PathEscape(number), nil, &answer)
	if err != nil || answer.Contact.ID == "" {
		return nil, gone(err)
	}
	return &answer, nil
}

var getContact = sdk.Action[Ref, Whole]{
	Name: "get_contact", Title: "Get a contact", Summary: "Reads a contact with tags, lists and custom fields.", Reads: true,
	Run: func(ctx context.Context, call *sdk.Call, in Ref) (Whole, error) {
		found, err := readContact(ctx, call, in.ContactID)
		if err != nil {
			return Whole{}, err
		}
		if found == nil {
			return Whole{}, sdk.Invalid("contact_id", "is not a contact of this account")
		}
		whole := Whole{Contact: found.Contact.contact(), Lists: found.memberships(), Fields: map[string]string{}}
		for _, v := range found.Values {
			if v.Value != nil && *v.Value != "" {
				whole.Fields[string(v.Field)] = *v.Value
			}
		}
		whole.Tags, err = tagNames(ctx, call, in.ContactID)
		return whole, err
	},
}

// tagNames are the names of a contact's tags, which ActiveCampaign gives by number only.
func tagNames(ctx context.Context, call *sdk.Call, contactID string) ([]string, error) {
	var answer struct {
		Links []struct {
			Tag id `json:"tag"`
		} `json:"contactTags"`
	}
	if err := do(ctx, call, http.MethodGet, "/contacts/"+url.PathEscape(contactID)+"/contactTags", nil, &answer); err != nil {
		return nil, gone(err)
	}
	wanted := map[id]bool{}
	for _, link := range answer.Links {
		wanted[link.Tag] = true
	}
	names := []string{}
	for page := 0; page < maxPages && len(wanted) > 0; page++ {
		rows, end, err := tagPage(ctx, call, "", page*pageSize)
		if err != nil {
			return nil, err
		}
		if end {
			break
		}
		for _, row := range rows {
			if wanted[row.ID] {
				names = append(names, row.Tag)
				delete(wanted, row.ID)
			}
		}
	}
	return names, nil
}

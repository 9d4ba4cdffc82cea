package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// Place is a point on the map.
type Place struct {
	Recipient
	Latitude  float64 `json:"latitude" label:"Latitude" rule:"required,min=-90,max=90"`
	Longitude float64 `json:"longitude" label:"Longitude" rule:"required,min=-180,max=180"`
	Name      string  `json:"name,omitempty" label:"Name"`
	Address   string  `json:"address,omitempty" label:"Address"`
	Quoting
}

// spot is a place as Meta takes it.
type spot struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

var sendLocation = sdk.Action[Place, Sent]{
	Name: "send_location", Title: "Send a location", Summary: "Sends a point on the map to a person who wrote within the last 24 hours.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Place) (Sent, error) {
		said := strings.TrimSpace(in.Name + " " + in.Address)
		message := outgoing{Type: "location", Location: &spot{in.Latitude, in.Longitude, in.Name, in.Address}}
		return in.post(ctx, call, in.Quoting, message, strings.TrimSpace(fmt.Sprintf("%s %v,%v", said, in.Latitude, in.Longitude)))
	},
}

// Card is somebody's contact card.
type Card struct {
	Recipient
	FirstName string   `json:"first_name" label:"First name" rule:"required"`
	LastName  string   `json:"last_name,omitempty" label:"Last name"`
	Company   string   `json:"company,omitempty" label:"Company"`
	Phones    []string `json:"phones,omitempty" label:"Phones"`
	Emails    []string `json:"emails,omitempty" label:"E-mails"`
	URL       string   `json:"url,omitempty" label:"Web site" rule:"url"`
	Quoting
}

// vCard is a card as Meta takes it.
type vCard struct {
	Name struct {
		Formatted string `json:"formatted_name"`
		First     string `json:"first_name"`
		Last      string `json:"last_name,omitempty"`
	} `json:"name"`
	Org    *company `json:"org,omitempty"`
	Phones []vPhone `json:"phones,omitempty"`
	Emails []vEmail `json:"emails,omitempty"`
	URLs   []vURL   `json:"urls,omitempty"`
}

type (
	company struct {
		Company string `json:"company"`
	}
	vPhone struct {
		Phone string `json:"phone"`
	}
	vEmail struct {
		Email string `json:"email"`
	}
	vURL struct {
		URL string `json:"url"`
	}
)

var sendContact = sdk.Action[Card, Sent]{
	Name: "send_contact", Title: "Send a contact card", Summary: "Sends somebody's name and numbers to a person who wrote within the last 24 hours.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Card) (Sent, error) {
		var card vCard
		card.Name.First, card.Name.Last = in.FirstName, in.LastName
		card.Name.Formatted = strings.TrimSpace(in.FirstName + " " + in.LastName)
		if in.Company != "" {
			card.Org = &company{in.Company}
		}
		for _, phone := range in.Phones {
			card.Phones = append(card.Phones, vPhone{phone})
		}
		for _, email := range in.Emails {
			card.Emails = append(card.Emails, vEmail{email})
		}
		if in.URL != "" {
			card.URLs = []vURL{{in.URL}}
		}
		return in.post(ctx, call, in.Quoting, outgoing{Type: "contacts", Contacts: []vCard{card}}, card.Name.Formatted)
	},
}

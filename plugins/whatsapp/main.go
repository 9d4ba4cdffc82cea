// Command whatsapp connects a WhatsApp Business number through Meta's Cloud API.
package main

import "github.com/cordboard/cordboard/sdk"

func main() { sdk.Serve(connector) }

var connector = sdk.Connector{
	Name: "whatsapp", Title: "WhatsApp", Version: "1.0.0", Summary: "Messages from and to a WhatsApp Business number.",
	Auth:  auth,
	Inbox: inbox,
	Actions: sdk.Actions{
		sendText, sendTemplate, sendMedia, sendButtons, sendList, sendLinkButton, sendForm, sendCarousel, sendProducts, sendLocation, sendContact, request,
		sendReaction, markRead, getMedia, downloadMedia, uploadMedia, deleteMedia,
	},
	Triggers: sdk.Triggers{messageReceived, messageStatus, messageEchoed, preferenceChanged, templateChanged},
	Options: sdk.Options{
		"templates": listTemplates, "languages": listLanguages, "places": listPlaces(false), "names": listPlaces(true), "forms": listForms,
	},
}

// Command activecampaign connects an ActiveCampaign account: contacts and their tags.
package main

import "github.com/cordboard/cordboard/sdk"

func main() { sdk.Serve(connector) }

var connector = sdk.Connector{
	Name: "activecampaign", Title: "ActiveCampaign", Version: "1.0.0", Summary: "Contacts and tags in ActiveCampaign.",
	Auth:     auth,
	Inbox:    inbox,
	Actions:  sdk.Actions{addTag, removeTag, upsertContact},
	Triggers: sdk.Triggers{contactTagAdded, contactUpdated, contactSubscribed},
	Options:  sdk.Options{"tags": listTags},
}

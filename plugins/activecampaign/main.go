// Command activecampaign connects an ActiveCampaign account: contacts with their tags, lists, automations and events, and deals.
package main

import "github.com/cordboard/cordboard/sdk"

func main() { sdk.Serve(connector) }

var connector = sdk.Connector{
	Name: "activecampaign", Title: "ActiveCampaign", Version: "1.0.0", Summary: "Contacts, tags, lists, automations, events and deals in ActiveCampaign.",
	Auth:  auth,
	Inbox: inbox,
	Actions: sdk.Actions{
		addTag, removeTag, upsertContact, findContactAction, getContact, setField,
		subscribeToList, unsubscribeFromList, addToAutomation, removeFromAutomation,
		createDeal, updateDeal, getDeal, addNote, createTask, trackEvent,
	},
	Triggers: sdk.Triggers{
		contactCreated, contactChanged, contactTagAdded, contactTagRemoved, contactUpdated, contactNoted, contactSubscribed, contactUnsubscribed,
		emailOpened, linkClicked, emailBounced, dealCreated, dealUpdated, dealNoted, dealTaskAdded, dealTaskDone,
	},
	Options: sdk.Options{
		"tags": listTags, "lists": listLists, "fields": listFields, "automations": listAutomations, "pipelines": listPipelines, "stages": listStages,
		"users": listUsers, "task_types": listTaskTypes, "events": listEvents,
	},
}

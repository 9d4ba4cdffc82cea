package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/cordboard/cordboard/sdk"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// Tagging names a contact and a tag, both by what people know them by.
type Tagging struct {
	Email string `json:"email" label:"E-mail" rule:"required,email"`
	Tag   string `json:"tag" label:"Tag" rule:"required,max=255" options:"tags"`
}

// Tagged is the contact and the tag as ActiveCampaign numbers them; empty where there was none to take off.
type Tagged struct {
	ContactID string `json:"contact_id" label:"Contact id"`
	TagID     string `json:"tag_id" label:"Tag id"`
}

// A tag that the contact has already is answered as if it were new, so that adding twice adds once.
var addTag = sdk.Action[Tagging, Tagged]{
	Name: "add_tag", Title: "Add a tag", Summary: "Tags a contact; makes the contact and the tag where they are missing.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Tagging) (Tagged, error) {
		contactID, err := ensureContact(ctx, call, in.Email)
		if err != nil {
			return Tagged{}, err
		}
		tagID, err := ensureTag(ctx, call, in.Tag)
		if err != nil {
			return Tagged{}, err
		}
		link := map[string]any{"contactTag": map[string]id{"contact": contactID, "tag": tagID}}
		return Tagged{string(contactID), string(tagID)}, do(ctx, call, http.MethodPost, "/contactTags", link, nil)
	},
}

// Taking off wants the id of the link between contact and tag, not of the tag.
var removeTag = sdk.Action[Tagging, Tagged]{
	Name: "remove_tag", Title: "Remove a tag", Summary: "Takes a tag off a contact; one that is not there is fine.", Repeatable: true,
	Run: func(ctx context.Context, call *sdk.Call, in Tagging) (Tagged, error) {
		contactID, err := findContact(ctx, call, in.Email)
		if err != nil || contactID == "" {
			return Tagged{}, err
		}
		tagID, err := findTag(ctx, call, in.Tag)
		if err != nil || tagID == "" {
			return Tagged{ContactID: string(contactID)}, err
		}
		var answer struct {
			Links []struct {
				ID  id `json:"id"`
				Tag id `json:"tag"`
			} `json:"contactTags"`
		}
		if err := do(ctx, call, http.MethodGet, "/contacts/"+url.PathEscape(string(contactID))+"/contactTags", nil, &answer); err != nil {
			return Tagged{}, gone(err)
		}
		for _, link := range answer.Links {
			if link.Tag == tagID {
				err := do(ctx, call, http.MethodDelete, "/contactTags/"+url.PathEscape(string(link.ID)), nil, nil)
				return Tagged{string(contactID), string(tagID)}, gone(err)
			}
		}
		return Tagged{string(contactID), string(tagID)}, nil
	},
}

type tagRow struct {
	ID   id     `json:"id"`
	Tag  string `json:"tag"`
	Type string `json:"tagType"` // other kinds than contact share the list
}

// pageSize is the most that ActiveCampaign returns at once; maxPages bounds a search that never ends.
const (
	pageSize = 100
	maxPages = 50
)

// tagPage reads the contact tags that contain a text, from an offset on. A page may be short in the middle, so that
// only an empty one is the end.
func tagPage(ctx context.Context, call *sdk.Call, search string, offset int) (rows []tagRow, end bool, err error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)}}
	if search != "" {
		query.Set("search", search)
	}
	var answer struct {
		Tags []tagRow `json:"tags"`
	}
	if err := do(ctx, call, http.MethodGet, "/tags?"+query.Encode(), nil, &answer); err != nil {
		return nil, false, err
	}
	for _, row := range answer.Tags {
		if row.Type == "contact" {
			rows = append(rows, row)
		}
	}
	return rows, len(answer.Tags) == 0, nil
}

// findTag returns the id of the tag with exactly this name, or none.
func findTag(ctx context.Context, call *sdk.Call, name string) (id, error) {
	for page := range maxPages {
		rows, end, err := tagPage(ctx, call, name, page*pageSize)
		if err != nil || end {
			return "", err
		}
		for _, row := range rows {
			if strings.EqualFold(row.Tag, name) {
				return row.ID, nil
			}
		}
	}
	return "", nil
}

// ensureTag finds a tag or makes it. Somebody else may make it in between, which is refused as invalid: then it is
// there to be found.
func ensureTag(ctx context.Context, call *sdk.Call, name string) (id, error) {
	found, err := findTag(ctx, call, name)
	if err != nil || found != "" {
		return found, err
	}
	var answer struct {
		Tag tagRow `json:"tag"`
	}
	body := map[string]any{"tag": map[string]string{"tag": name, "tagType": "contact", "description": ""}}
	err = do(ctx, call, http.MethodPost, "/tags", body, &answer)
	if f, ok := err.(*sdk.Failure); ok && f.Kind == protocol.Invalid {
		if found, again := findTag(ctx, call, name); again != nil || found != "" {
			return found, again
		}
	}
	if err == nil && answer.Tag.ID == "" {
		err = unnamed("tag")
	}
	return answer.Tag.ID, err
}

func listTags(ctx context.Context, call *sdk.Call, q sdk.OptionsQuery) (sdk.OptionsPage, error) {
	offset, _ := strconv.Atoi(string(q.Cursor)) // empty: from the start
	rows, end, err := tagPage(ctx, call, q.Search, offset)
	page := sdk.OptionsPage{}
	for _, row := range rows {
		page.Options = append(page.Options, sdk.Option{Value: row.Tag, Label: row.Tag})
	}
	if !end && err == nil {
		page.Next = sdk.Cursor(strconv.Itoa(offset + pageSize))
	}
	return page, err
}

package sandbox

import (
	"fmt"
	"strings"
)

type productItem struct {
	ID string `json:"product_retailer_id"`
}

// carouselCard is a card of a message that is not a template.
type carouselCard struct {
	Index  *int   `json:"card_index"`
	Type   string `json:"type"`
	Header struct {
		Type  string        `json:"type"`
		Image *mediaContent `json:"image"`
		Video *mediaContent `json:"video"`
	} `json:"header"`
	Body   *struct{ Text string } `json:"body"`
	Action struct {
		Name       string `json:"name"`
		Parameters struct {
			Text string `json:"display_text"`
			URL  string `json:"url"`
		} `json:"parameters"`
	} `json:"action"`
}

func (c *interactiveContent) checkCarousel(m *Message) *graphError {
	cards := c.Action.Cards
	if n := len(cards); n < 2 || n > 10 {
		return invalid(fmt.Sprintf("a carousel has 2 to 10 cards, got %d", n))
	}
	text := m.Text
	for i, card := range cards {
		switch {
		case card.Index == nil || *card.Index != i:
			return invalid(fmt.Sprintf("card_index of card %d must be %d", i, i))
		case card.Header.Type != cards[0].Header.Type:
			return invalid("all cards must have a header of the same type")
		case card.Type != "cta_url" || card.Action.Name != "cta_url" || !strings.HasPrefix(card.Action.Parameters.URL, "http"):
			return invalid(fmt.Sprintf("card %d has no link", i))
		case card.Body != nil && strings.Count(card.Body.Text, "\n") > 2:
			return invalid("the text of a card has at most 2 line breaks")
		}
		file := card.Header.Image
		switch card.Header.Type {
		case "image":
		case "video":
			file = card.Header.Video
		default:
			return invalid(fmt.Sprintf("a card takes no header of type %q", card.Header.Type))
		}
		if p := firstOf(file.check(m, card.Header.Type), length("parameters['display_text']", card.Action.Parameters.Text, 1, 20)); p != nil {
			return p
		}
		if card.Body != nil {
			if p := length("card body['text']", card.Body.Text, 1, 160); p != nil {
				return p
			}
		}
	}
	m.Text = text // the cards' files leave the text of the message alone
	return nil
}

// checkProducts wants what each kind names; whether the catalogue has it is not played.
func (c *interactiveContent) checkProducts() *graphError {
	if c.Type == "catalog_message" {
		return c.named("catalog_message")
	}
	if c.Action.CatalogID == "" {
		return missing("catalog_id")
	}
	if c.Type == "product" {
		if c.Action.ProductID == "" {
			return missing("product_retailer_id")
		}
		if c.Header != nil {
			return invalid("product takes no header")
		}
		return nil
	}
	if c.Header == nil || c.Header.Type != "text" {
		return invalid("product_list needs a header of type text")
	}
	products := 0
	for _, s := range c.Action.Sections {
		products += len(s.Items)
		if p := length("section['title']", s.Title, 1, 24); p != nil {
			return p
		}
	}
	if products < 1 || products > 30 {
		return invalid(fmt.Sprintf("product_list has 1 to 30 products, got %d", products))
	}
	return nil
}

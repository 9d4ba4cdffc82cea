package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/cordboard/cordboard/sdk"
)

// Carousel is a text with cards to leaf through.
type Carousel struct {
	Recipient
	Text  string     `json:"text" label:"Text" rule:"required,max=1024"`
	Kind  string     `json:"kind" label:"What the cards show" rule:"oneof=image video" default:"image"`
	Cards []LinkCard `json:"cards" label:"Cards" rule:"required,min=2,max=10"`
	Quoting
}

// LinkCard is one card: a picture or a video, a text, and a button that opens an address.
type LinkCard struct {
	Media  string `json:"media" label:"Address or media id" help:"A public https address, or the id of an upload." rule:"required"`
	Text   string `json:"text,omitempty" label:"Text" help:"With two line breaks at most." rule:"max=160"`
	Button string `json:"button" label:"Button" rule:"required,max=20"`
	URL    string `json:"url" label:"Address" rule:"required,url"`
}

// maxBreaks is how many line breaks the text of a card may have.
const maxBreaks = 2

var sendCarousel = sdk.Action[Carousel, Sent]{
	Name: "send_carousel", Title: "Send a carousel", Summary: "Sends two to ten cards with a link button each, within 24 hours of the person's last message.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Carousel) (Sent, error) {
		type card struct {
			Index  int            `json:"card_index"`
			Type   string         `json:"type"`
			Header *topping       `json:"header"`
			Body   *paragraph     `json:"body,omitempty"`
			Action map[string]any `json:"action"`
		}
		cards := make([]card, len(in.Cards))
		for i, c := range in.Cards {
			field := fmt.Sprintf("cards[%d].", i)
			if strings.Count(c.Text, "\n") > maxBreaks {
				return Sent{}, sdk.Invalid(field+"text", fmt.Sprintf("must have at most %d line breaks", maxBreaks))
			}
			file, err := fileAt(c.Media, field+"media")
			if err != nil {
				return Sent{}, err
			}
			cards[i] = card{Index: i, Type: "cta_url", Header: &topping{Type: in.Kind, Image: file}, Action: linkTo(c.Button, c.URL)}
			if in.Kind == "video" {
				cards[i].Header = &topping{Type: in.Kind, Video: file}
			}
			if c.Text != "" {
				cards[i].Body = &paragraph{c.Text}
			}
		}
		return in.ask(ctx, call, in.Quoting, "carousel", in.Text, "", nil, map[string]any{"cards": cards})
	},
}

// linkTo is the action of a button that opens an address.
func linkTo(button, url string) map[string]any {
	return map[string]any{"name": "cta_url", "parameters": map[string]string{"display_text": button, "url": url}}
}

// Products are things of the catalogue that belongs to the number.
type Products struct {
	Recipient
	Text      string   `json:"text" label:"Text" rule:"required,max=1024"`
	CatalogID string   `json:"catalog_id,omitempty" label:"Catalogue id" help:"Commerce Manager. Empty for the whole catalogue that is linked to the number." rule:"digits"`
	Products  []string `json:"products,omitempty" label:"Products" help:"By their content ids, often the SKUs. None for the whole catalogue." rule:"max=30"`
	Header    string   `json:"header,omitempty" label:"Header" help:"Of several products." rule:"max=60"`
	Footer    string   `json:"footer,omitempty" label:"Footer" rule:"max=60"`
	Quoting
}

// What is bought from these messages comes back as a message with an order.
var sendProducts = sdk.Action[Products, Sent]{
	Name: "send_products", Title: "Send products", Summary: "Shows one product, up to thirty, or the whole catalogue, within 24 hours of the person's last message.", Sends: true,
	Window: serviceWindow, Instead: "send_template",
	Run: func(ctx context.Context, call *sdk.Call, in Products) (Sent, error) {
		switch {
		case len(in.Products) > 0 && in.CatalogID == "":
			return Sent{}, sdk.Invalid("catalog_id", "must be filled in with products")
		case len(in.Products) == 0 && in.CatalogID != "":
			return Sent{}, sdk.Invalid("products", "must be filled in with a catalogue id")
		case len(in.Products) > 1 && in.Header == "":
			return Sent{}, sdk.Invalid("header", "must be filled in with several products")
		case len(in.Products) < 2 && in.Header != "":
			return Sent{}, sdk.Invalid("header", "must be empty: only several products have one")
		}
		switch len(in.Products) {
		case 0:
			return in.ask(ctx, call, in.Quoting, "catalog_message", in.Text, in.Footer, nil, map[string]any{"name": "catalog_message"})
		case 1:
			return in.ask(ctx, call, in.Quoting, "product", in.Text, in.Footer, nil, map[string]any{"catalog_id": in.CatalogID, "product_retailer_id": in.Products[0]})
		}
		sections := []shelf{newShelf(cutTo(in.Header, maxTitle), in.Products)}
		return in.ask(ctx, call, in.Quoting, "product_list", in.Text, in.Footer, &topping{Type: "text", Text: in.Header},
			map[string]any{"catalog_id": in.CatalogID, "sections": sections})
	},
}

// product is one thing of a catalogue.
type product struct {
	ID        string `json:"product_retailer_id"`
	CatalogID string `json:"catalog_id,omitempty"`
}

// shelf is a part of a list of products.
type shelf struct {
	Title string    `json:"title"`
	Items []product `json:"product_items"`
}

func newShelf(title string, ids []string) shelf {
	s := shelf{Title: title}
	for _, id := range ids {
		s.Items = append(s.Items, product{ID: id})
	}
	return s
}

// maxTitle is how many characters the title of a section may have.
const maxTitle = 24

func cutTo(text string, n int) string {
	if letters := []rune(text); len(letters) > n {
		return string(letters[:n])
	}
	return text
}

package dashboard

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	source "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"posthorn/docs"
	"posthorn/hook"
	"posthorn/provider"
)

// guide is what docs/providers says of a provider.
type guide struct {
	Name, Title string
	Steps       template.HTML // how to set it up
	Whole       template.HTML
	Settings    []provider.Setting
	hints       map[string]string // of settings, by their names
}

const guidesPath = Prefix + "/settings/webhooks/providers"

// loadGuides reads every provider's page; it fails where one is missing.
func loadGuides() (map[string]*guide, error) {
	guides := map[string]*guide{}
	for _, name := range provider.Names() {
		raw, err := docs.Providers.ReadFile("providers/" + name + ".md")
		if err != nil {
			return nil, fmt.Errorf("dashboard: the page of a provider: %w", err)
		}
		known, _ := provider.Lookup(name)
		title, rest, _ := strings.Cut(strings.TrimPrefix(string(raw), "# "), "\n")
		g := &guide{Name: name, Title: title, Settings: known.Settings(), hints: hintsOf(rest)}
		_, steps, _ := strings.Cut(rest, "\n## Set it up\n")
		steps, _, _ = strings.Cut(steps, "\n## ")
		for of, to := range map[string]*template.HTML{steps: &g.Steps, rest: &g.Whole} {
			if *to, err = markdown(of); err != nil {
				return nil, err
			}
		}
		guides[name] = g
	}
	return guides, nil
}

var (
	settingRow = regexp.MustCompile("(?m)^\\| (`[a-z_0-9`, ]+`) \\| (.*) \\|$")
	marks      = regexp.MustCompile("[`*]|\\[([^\\]]*)\\]\\([^)]*\\)")
)

// hintsOf takes what the table of settings says, without its marks.
func hintsOf(page string) map[string]string {
	hints := map[string]string{}
	_, table, _ := strings.Cut(page, "\n## provider_config\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, row := range settingRow.FindAllStringSubmatch(table, -1) {
		for name := range strings.SplitSeq(row[1], ", ") {
			said := strings.TrimPrefix(strings.TrimPrefix(row[2], "required"), ": ")
			said = strings.TrimPrefix(said, "`true`: ")
			if said != "" {
				said = strings.ToUpper(said[:1]) + said[1:] + "."
			}
			hints[strings.Trim(name, "`")] = marks.ReplaceAllString(said, "$1")
		}
	}
	return hints
}

var renderer = goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(
	parser.WithASTTransformers(util.Prioritized(inPlace{}, 100))))

// markdown renders a page of ours.
func markdown(page string) (template.HTML, error) {
	var out bytes.Buffer
	err := renderer.Convert([]byte(page), &out)
	return template.HTML(out.String()), err //nolint:gosec // the page is compiled in, and HTML in it is not rendered
}

// inPlace leads links between pages to those of the dashboard; those to other
// pages of the documentation become plain text.
type inPlace struct{}

func (inPlace) Transform(document *ast.Document, _ source.Reader, _ parser.Context) {
	var gone []*ast.Link
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		link, ok := n.(*ast.Link)
		if !entering || !ok || strings.Contains(string(link.Destination), "://") {
			return ast.WalkContinue, nil
		}
		name, isPage := strings.CutSuffix(string(link.Destination), ".md")
		if isPage && path.Base(name) == name {
			link.Destination = []byte(guidesPath + "/" + name)
		} else {
			gone = append(gone, link)
		}
		return ast.WalkContinue, nil
	})
	for _, link := range gone {
		for child := link.FirstChild(); child != nil; child = link.FirstChild() {
			link.Parent().InsertBefore(link.Parent(), link, child)
		}
		link.Parent().RemoveChild(link.Parent(), link)
	}
}

// making is the command that makes an endpoint.
var making = regexp.MustCompile(`(?s)<pre><code[^>]*>curl [^<]*/api/v1/endpoints&quot;.*?</code></pre>`)

// Of is the steps for an endpoint that is made, with its URL where they name
// one for an example.
func (g *guide) Of(url string) template.HTML {
	example := "https://hooks.example.com/webhooks/incoming/" + g.Name + "/&lt;token&gt;"
	return template.HTML(strings.ReplaceAll(making.ReplaceAllString(string(g.Steps), ""), example, template.HTMLEscapeString(url))) //nolint:gosec // escaped
}

func (q *request) guide() error {
	g, ok := q.guides[q.PathValue("name")]
	if !ok {
		return hook.NotFound("page")
	}
	q.show(http.StatusOK, "guide", g.Title, g)
	return nil
}

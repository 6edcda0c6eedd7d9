package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// modulePath opens the import path of every package of ours.
const modulePath = "posthorn/"

// maxDepth is how many imports, one leading to the next, may lie between a
// package of ours and the last of them: what a reader keeps in mind at once.
const maxDepth = 6

// house is who may import whom. The key is a folder and speaks for the folders
// below it, unless they have a line of their own; a folder may import what lies
// below itself where that has none. Tests are not bound by it.
var house = map[string]imports{
	"hook":       {},
	"keyset":     {},
	"crash":      {},
	"client":     {},
	"follow":     {may: []string{"client"}},
	"deploy":     {},
	"devstack":   {may: []string{"deploy"}},
	"docs":       {}, // pages, and worked examples
	"store/db":   {},
	"metrics":    {},
	"simulate":   {}, // nothing of provider: each is a check of the other
	"envelope":   {may: []string{"hook"}},
	"search":     {may: []string{"hook"}},
	"provider":   {may: []string{"hook"}},
	"egress":     {may: []string{"hook"}},
	"mail":       {may: []string{"hook"}},
	"expr":       {},
	"mapping":    {may: []string{"hook", "expr"}},
	"store":      {may: []string{"hook", "expr", "keyset", "metrics", "store/db"}},
	"archive":    {may: []string{"hook", "keyset"}},
	"limit":      {may: []string{"hook", "store"}},
	"dispatch":   {may: []string{"hook"}},
	"activities": {may: []string{"hook", "dispatch", "mapping", "store", "archive", "envelope", "expr", "egress", "provider", "mail", "crash"}},
	"workflows":  {may: []string{"hook", "activities"}},
	"worker":     {may: []string{"hook", "dispatch", "mapping", "workflows", "activities", "store", "search", "provider", "crash"}},
	"api":        {may: []string{"hook", "mapping", "metrics", "store", "archive", "search", "provider", "envelope", "expr", "limit", "egress", "crash"}},
	"dashboard":  {may: []string{"hook", "store", "client", "provider", "docs"}},

	// What is put together from the rest: everything but what is named. The
	// generated queries are store's alone.
	"gateway":      {allBut: []string{"store/db", "devstack", "client", "cmd", "test", "bench"}},
	"cmd/posthorn": {allBut: []string{"store/db", "devstack", "cmd", "test", "bench"}},
	"cmd/dev":      {allBut: []string{"store/db", "cmd", "test", "bench"}},
	"test":         {allBut: []string{"store/db", "cmd"}},
	"bench":        {allBut: []string{"store/db", "cmd", "test"}},
}

// imports are the folders of ours that one of them may import: may, or all
// except allBut.
type imports struct {
	may    []string
	allBut []string
}

func (i imports) allow(folder string) bool {
	if i.allBut == nil {
		return slices.Contains(i.may, folder)
	}
	return !slices.ContainsFunc(i.allBut, func(no string) bool { return within(folder, no) })
}

// unlinked are modules that the product must not carry: servers that only the
// development stack runs.
var unlinked = []string{
	"go.temporal.io/server",
	"github.com/temporalio/ui-server",
	"github.com/versity/versitygw",
	"github.com/fergusstrange/embedded-postgres",
	"github.com/emersion/go-smtp",
}

// dialers are the folders that may build an HTTP client or dial by themselves,
// each with the reason why the guard of egress is not needed there. All others
// reach the addresses that users give through egress, or not at all.
var dialers = map[string]string{
	"egress": "it is the guard",
	"client": "it calls our own API, at an address of its caller's",

	"dashboard/sso": "the OpenID Connect provider is the operator's",
	"archive":       "the object store is the operator's",
	"devstack":      "it talks to servers that it started itself",
	"cmd":           "commands talk to the gateway that their caller names",
	"bench":         "it loads a gateway of its own",
	"test":          "tests talk to what they started",
}

// dialing are the names that only dialers may use, by import path.
var dialing = map[string][]string{
	"net/http": {"Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
	"net":      {"Dial", "DialTimeout", "DialTCP", "DialUDP", "Dialer"},
}

func TestImportsFollowTheHouse(t *testing.T) {
	t.Parallel()
	for _, p := range ours(t) {
		own, ok := folderOf(p)
		require.True(t, ok, "%s: a new folder: say in the table of this test what it may import", p.ImportPath)
		for _, imported := range p.ours() {
			other, ok := folderOf(goPackage{ImportPath: imported})
			require.True(t, ok, imported)
			if other != own {
				require.True(t, house[own].allow(other), "%s imports %s, but %s may not import %s", p.ImportPath, imported, own, other)
			}
		}
	}
}

func TestImportsAreShallow(t *testing.T) {
	t.Parallel()
	all := ours(t)
	chains := map[string][]string{}
	var chain func(path string) []string
	chain = func(path string) []string {
		if known, ok := chains[path]; ok {
			return known
		}
		var longest []string
		for _, imported := range all[path].ours() {
			if c := chain(imported); len(c) > len(longest) {
				longest = c
			}
		}
		chains[path] = append([]string{path}, longest...)
		return chains[path]
	}
	for path := range all {
		require.LessOrEqual(t, len(chain(path))-1, maxDepth, strings.Join(chain(path), " → "))
	}
}

func TestProductLinksNoServer(t *testing.T) {
	t.Parallel()
	product, ok := ours(t)[modulePath+"cmd/posthorn"]
	require.True(t, ok)
	for _, dependency := range product.Deps {
		for _, module := range unlinked {
			require.False(t, within(dependency, module), "cmd/posthorn links %s", dependency)
		}
		require.False(t, within(dependency, modulePath+"devstack"), "cmd/posthorn links %s", dependency)
	}
}

func TestOnlyEgressDials(t *testing.T) {
	t.Parallel()
	for _, p := range ours(t) {
		if mayDial(p) {
			continue
		}
		for _, name := range p.GoFiles {
			for _, use := range dials(t, filepath.Join(p.Dir, name)) {
				require.Fail(t, "only egress dials", "%s uses %s; take a client from egress (or client, for our own API)", use.at, use.name)
			}
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, p := range ours(t) {
		var found []string
		for _, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			require.NoError(t, err)
			// A comment of one file's own, such as a generator's, says nothing of the package.
			if doc := file.Doc.Text(); doc != "" && (p.Name == "main" || strings.HasPrefix(doc, "Package "+p.Name+" ")) {
				found = append(found, name)
			}
		}
		if own, _ := folderOf(p); own != "store/db" && own != "test" {
			require.NotEmpty(t, found, "%s: say in a comment above its package clause what lives there and what does not", p.ImportPath)
		}
	}
}

func mayDial(p goPackage) bool {
	for folder := range dialers {
		if within(p.ImportPath, modulePath+folder) {
			return true
		}
	}
	return false
}

type use struct{ at, name string }

// dials finds the uses of dialing's names in one file.
func dials(t *testing.T, path string) []use {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)

	names := map[string][]string{} // by what the file calls the package
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		if forbidden, ok := dialing[imported]; ok {
			local := imported[strings.LastIndexByte(imported, '/')+1:]
			if spec.Name != nil {
				local = spec.Name.Name
			}
			names[local] = forbidden
		}
	}

	var found []use
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); ok && slices.Contains(names[of.Name], selector.Sel.Name) {
			found = append(found, use{at: files.Position(selector.Pos()).String(), name: of.Name + "." + selector.Sel.Name})
		}
		return true
	})
	return found
}

// goPackage is what `go list -json` says of a package, as far as it is asked.
type goPackage struct {
	ImportPath string
	Name       string
	Dir        string
	Imports    []string
	Deps       []string // all of them, however far away

	GoFiles, TestGoFiles, XTestGoFiles []string
}

// ours are those of the package's imports that are packages of this module.
func (p goPackage) ours() []string {
	return slices.DeleteFunc(slices.Clone(p.Imports), func(path string) bool { return !strings.HasPrefix(path, modulePath) })
}

// list runs once for all tests: it reads every file of the module.
var list = sync.OnceValues(func() (map[string]goPackage, error) {
	command := exec.Command("go", "list", "-json=ImportPath,Name,Dir,Imports,Deps,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	command.Dir = at(".")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(stderr.String()))
	}
	packages := map[string]goPackage{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages[p.ImportPath] = p
	}
})

// ours are the packages of this module, by import path.
func ours(t *testing.T) map[string]goPackage {
	t.Helper()
	packages, err := list()
	require.NoError(t, err)
	require.NotEmpty(t, packages)
	return packages
}

// folderOf is the line of the table that speaks for a package: the nearest
// folder above it that has one.
func folderOf(p goPackage) (string, bool) {
	folder := strings.TrimPrefix(p.ImportPath, modulePath)
	for {
		if _, ok := house[folder]; ok {
			return folder, true
		}
		cut := strings.LastIndexByte(folder, '/')
		if cut < 0 {
			return "", false
		}
		folder = folder[:cut]
	}
}

// within tells whether path is folder or lies below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

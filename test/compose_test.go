package test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"posthorn/gateway"
)

const (
	composeFile = "docker-compose.yml"
	envExample  = ".env.example"

	// posthornImage is what docker-compose.yml builds from this repository.
	posthornImage = "posthorn:local"
)

func TestComposeImagesArePinned(t *testing.T) {
	t.Parallel()
	for name, service := range compose(t, completeEnv(t)).Services {
		if service.Image == posthornImage {
			require.NotNil(t, service.Build, "%s: the image of this repository is built, not pulled", name)
			continue
		}
		requirePinned(t, service.Image, name)
	}
}

func TestDockerfileBasesArePinned(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(at("Dockerfile"))
	require.NoError(t, err)
	bases := regexp.MustCompile(`(?m)^FROM (?:--\S+ )*(\S+)`).FindAllStringSubmatch(string(content), -1)
	require.NotEmpty(t, bases)
	for _, base := range bases {
		requirePinned(t, base[1], "Dockerfile")
	}
}

// requirePinned wants a digest, or a tag that names one release.
func requirePinned(t *testing.T, image, where string) {
	t.Helper()
	reference, digest, ok := strings.Cut(image, "@")
	if ok {
		require.Regexp(t, `^sha256:[0-9a-f]{64}$`, digest, where)
		return
	}
	last := reference[strings.LastIndexByte(reference, '/')+1:]
	_, tag, _ := strings.Cut(last, ":")
	require.Regexp(t, `[0-9]+\.[0-9]+`, tag, "%s: %s: a tag such as 1.2.3, or a digest", where, image)
}

func TestComposeServicesAreWatched(t *testing.T) {
	t.Parallel()
	project := compose(t, completeEnv(t))
	for name, service := range project.Services {
		checked := service.HealthCheck != nil && !service.HealthCheck.Disable && len(service.HealthCheck.Test) > 0
		require.NotEqual(t, checked, oneShot(service), "%s: has a health check, or runs once", name)
		for needed, dependency := range service.DependsOn {
			want := types.ServiceConditionHealthy
			if oneShot(project.Services[needed]) {
				want = types.ServiceConditionCompletedSuccessfully
			}
			require.Equal(t, want, dependency.Condition, "%s waits for %s", name, needed)
		}
		for _, port := range service.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, "%s: port %s is published on loopback only", name, port.Published)
		}
		require.False(t, service.Privileged, name)
	}
}

// oneShot tells a service that does its work and ends.
func oneShot(service types.ServiceConfig) bool {
	return service.Restart == types.RestartPolicyNo
}

func TestComposeVolumesAreDeclared(t *testing.T) {
	t.Parallel()
	project := compose(t, completeEnv(t))
	used := map[string]bool{}
	for name, service := range project.Services {
		for _, mount := range service.Volumes {
			switch mount.Type {
			case types.VolumeTypeVolume:
				require.Contains(t, project.Volumes, mount.Source, "%s: data in a volume without a name is lost with its container", name)
				used[mount.Source] = true
			case types.VolumeTypeBind:
				require.FileExists(t, anyFile(t, mount.Source), "%s mounts what this repository lacks", name)
				require.True(t, mount.ReadOnly, "%s: %s", name, mount.Source)
			default:
				require.Fail(t, "unexpected mount", "%s: %+v", name, mount)
			}
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(project.Volumes)), slices.Collect(maps.Keys(used)), "volumes declared and volumes used")
}

// anyFile is the file itself, or one in the directory.
func anyFile(t *testing.T, path string) string {
	t.Helper()
	if inside, err := filepath.Glob(filepath.Join(path, "*")); err == nil && len(inside) > 0 {
		return inside[0]
	}
	return path
}

func TestComposeSetsOnlyWhatPosthornReads(t *testing.T) {
	t.Parallel()
	reads := gateway.Environment()
	ours := 0
	for name, service := range compose(t, completeEnv(t)).Services {
		if service.Image != posthornImage {
			continue
		}
		ours++
		for variable := range service.Environment {
			if strings.HasPrefix(variable, "POSTHORN_") {
				require.Contains(t, reads, variable, "%s: Posthorn does not read this", name)
			}
		}
	}
	require.GreaterOrEqual(t, ours, 3, "setup, api and worker")
}

func TestComposeSecretsHaveNoDefault(t *testing.T) {
	t.Parallel()
	required := requiredVariables(t)
	require.NotEmpty(t, required)
	for _, name := range required {
		env := completeEnv(t)
		delete(env, name)
		_, err := load(t, env)
		require.ErrorContains(t, err, name, "without it nothing may start")

		env[name] = ""
		_, err = load(t, env)
		require.ErrorContains(t, err, name, "an empty value is none")
	}

	// What looks like a secret is made of required variables alone, or handed on
	// as it is set.
	secret := regexp.MustCompile(`(PASSWORD|PWD|SECRET|_KEY|KEYSET)`)
	for service, variables := range rawEnvironment(t) {
		for variable, value := range variables {
			if secret.MatchString(variable) {
				require.Regexp(t, `^$|^\$\{\w+:\?[^}]+\}$`, value, "%s: %s", service, variable)
			}
		}
	}
}

func TestEnvExampleIsComplete(t *testing.T) {
	t.Parallel()
	example := exampleEnv(t)
	for _, name := range requiredVariables(t) {
		value, ok := example[name]
		require.True(t, ok, "%s: .env.example lacks %s", composeFile, name)
		require.Empty(t, value, "%s: a secret in an example is everybody's", name)
	}

	content, err := os.ReadFile(at(composeFile))
	require.NoError(t, err)
	text, err := os.ReadFile(at(envExample))
	require.NoError(t, err)
	for _, match := range regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]+)=`).FindAllStringSubmatch(string(text), -1) {
		require.Regexp(t, `\b`+match[1]+`\b`, string(content), "docker-compose.yml does not use it")
	}
}

// compose loads docker-compose.yml as `docker compose` does, with env for .env.
func compose(t *testing.T, env map[string]string) *types.Project {
	t.Helper()
	project, err := load(t, env)
	require.NoError(t, err)
	return project
}

func load(t *testing.T, env map[string]string) (*types.Project, error) {
	t.Helper()
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	options, err := cli.NewProjectOptions([]string{at(composeFile)}, cli.WithEnv(list), cli.WithoutEnvironmentResolution)
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

// model is the file as it is written: variables are not filled in.
func model(t *testing.T) map[string]any {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{at(composeFile)}, cli.WithInterpolation(false))
	require.NoError(t, err)
	m, err := options.LoadModel(t.Context())
	require.NoError(t, err)
	return m
}

func rawEnvironment(t *testing.T) map[string]map[string]string {
	t.Helper()
	raw := map[string]map[string]string{}
	services, ok := model(t)["services"].(map[string]any)
	require.True(t, ok)
	for name, service := range services {
		variables, _ := service.(map[string]any)["environment"].(map[string]any)
		raw[name] = map[string]string{}
		for variable, value := range variables {
			raw[name][variable], _ = value.(string)
		}
	}
	return raw
}

// requiredVariables are those that the file does not load without.
func requiredVariables(t *testing.T) []string {
	t.Helper()
	var names []string
	for name, variable := range template.ExtractVariables(model(t), template.DefaultPattern) {
		if variable.Required {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func exampleEnv(t *testing.T) map[string]string {
	t.Helper()
	env, err := dotenv.Read(at(envExample))
	require.NoError(t, err)
	return env
}

// completeEnv is .env.example, filled in.
func completeEnv(t *testing.T) map[string]string {
	t.Helper()
	env := exampleEnv(t)
	for name, value := range env {
		if value == "" {
			env[name] = "0123456789abcdef"
		}
	}
	return env
}

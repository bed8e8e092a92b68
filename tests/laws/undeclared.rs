//! A generation is retired by a word, and never by a line that is gone.

use crate::support::project::{Holder, Project};

const FILE: &str = "specs/a.kdl";

const SPEC: &str = r#"
authority "top"
authority "corp" authority="top" { ONE TWO }
gateway "public"
host "shop.example.com" authority="corp" gateway="public" to="shop:80" { tls mutual; }
client "anna.example" authority="corp"
"#;

const ONE: &str = "generation 1 introduced=\"2026-01-01\" signs=\"2026-01-01\";";
const RETIRED: &str =
    "generation 1 introduced=\"2026-01-01\" signs=\"2026-01-01\" retired=\"2026-11-25\" forced;";
const TWO: &str = "generation 2 introduced=\"2026-11-01\" signs=\"2026-11-25\";";

fn spec(root: bool, one: &str, two: &str) -> String {
    let spec = SPEC.replace("ONE", one).replace("TWO", two);
    if root { spec.replace("authority \"top\"\n", "").replace(" authority=\"top\"", "") } else { spec }
}

/// A project in the middle of a rotation: both generations are trusted, and the second signs.
fn switched(root: bool) -> Project {
    let project = Project::of(&spec(root, ONE, ""));
    project.render(Holder::Operator);
    project.write(FILE, spec(root, ONE, "generation 2 introduced=\"2026-11-01\";"));
    project.render(Holder::Operator);
    project.write(FILE, spec(root, ONE, TWO));
    project.render(Holder::Operator);
    project
}

#[test]
fn lines_that_are_gone_retire_nothing() {
    for root in [true, false] {
        let project = switched(root);
        let tree = project.tree();
        let renumbered = TWO.replace('2', "5").replace("5056", "2026").replace("55", "25");
        for (one, two) in [("", TWO), (ONE, ""), ("", ""), (ONE, renumbered.as_str())] {
            project.write(FILE, spec(root, one, two));
            for holder in [Holder::Operator, Holder::Nobody] {
                let refused = project.refusal(holder);
                assert!(refused.contains(&"wrong-generation"), "{one} {two}: {refused:?}");
            }
            assert_eq!(project.tree(), tree);
        }
        // One that is retired is relied on by nothing, and its line may go.
        project.write(FILE, spec(root, RETIRED, TWO));
        project.render(Holder::Operator);
        project.write(FILE, spec(root, "", TWO));
        project.assert_nothing_to_do();
        // Then the one that is retired would sign again.
        project.write(FILE, spec(root, "", ""));
        assert!(project.refusal(Holder::Operator).contains(&"wrong-generation"));
    }
}

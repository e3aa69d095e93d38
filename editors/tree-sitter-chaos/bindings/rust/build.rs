//! Compiles the generated parser and the scanner of statement ends.

fn main() {
    let mut parser = cc::Build::new();
    parser.std("c11").include("src").warnings(false);
    for file in ["src/parser.c", "src/scanner.c"] {
        parser.file(file);
        println!("cargo::rerun-if-changed={file}");
    }
    parser.compile("tree-sitter-chaos");
}

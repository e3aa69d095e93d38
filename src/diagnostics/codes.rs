//! Every code with its page. The one list of codes; documentation and `chaos explain` are made from it.

use super::Code;

macro_rules! codes {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("See `pages/", stringify!($name), ".md`.")]
            pub const $name: Code = Code {
                name: stringify!($name),
                page: include_str!(concat!("pages/", stringify!($name), ".md")),
            };
        )*

        /// All codes, in order.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    E0100 E0101 E0102 E0103 E0104 E0105 E0106 E0107 E0108 E0109 E0110
    E0201 E0202 E0203 E0204 E0205 E0206 E0207 E0208
    E0301 E0302 E0303 E0304 E0305 E0306 E0307 E0308
    E0330 E0331 E0332 E0333 E0334 E0335 E0336 E0337 E0338 E0339 E0340
    E0401 E0402 E0403 E0404 E0405 E0406 E0407 E0408 E0409 E0410 E0411 E0412 E0413 E0414 E0415 E0416 E0417 E0418
    E0431 E0432 E0433 E0434 E0435
    E0501 E0502 E0503 E0504 E0505 E0506 E0507 E0508 E0509 E0510 E0511
    E0601 E0602 E0603 E0604 E0605 E0606 E0607
    E0701 E0702 E0703 E0704 E0705 E0706 E0707 E0708 E0709 E0710 E0711 E0712 E0713 E0714
    E0717 E0718
    E0721 E0722 E0723 E0724 E0725 E0726 E0727 E0728 E0729
    E0801 E0802 E0803 E0804 E0805 E0806 E0807 E0808 E0809 E0810
    E0811 E0812 E0813 E0817
    E0821 E0822 E0823 E0824
    E0840
    E0861 E0862 E0863 E0864
}

/// The code with this name, in either case.
pub fn find(name: &str) -> Option<Code> {
    ALL.iter().find(|code| code.name.eq_ignore_ascii_case(name)).copied()
}

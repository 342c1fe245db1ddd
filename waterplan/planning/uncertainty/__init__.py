"""What holds whatever the uncertain figures turn out to be, and which of them to check first.

``carried`` carries a plan out under other figures; ``candidates`` are plans that aim higher, carried out in each run;
``technologies`` sorts what is used always, sometimes, never; ``checking`` ranks the study's rows and plans again with
them at low and high; ``indices`` divides the spread among groups; ``robust`` puts it together and stores it.
"""

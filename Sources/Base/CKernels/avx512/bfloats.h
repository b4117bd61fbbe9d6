// Pairs of bf16 as `vdpbf16ps` takes them; the file that includes it has AVX512_BF16.

// first[0], second[0], first[1], second[1], ... rounded to bf16.
INLINE vu bfloat_pairs(vf first, vf second) {
    const __m512i order = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1,
        16, 0);
    __m512bh both = _mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
    return (vu)_mm512_permutexvar_epi16(order, (__m512i)both);
}

INLINE vf dot_bfloats(vf sums, vu weights, vu columns) {
    return (vf)_mm512_dpbf16_ps((__m512)sums, (__m512bh)weights, (__m512bh)columns);
}
